// `@earendil-works/pi-tui` for extensions: texts, keys and components that work without a terminal; the rest stands in. Loaded when one imports it.

import { standInClass, standInFunction } from "../npm/stand-in.ts";

export {
  Box,
  Container,
  Editor,
  Image,
  Input,
  Loader,
  Markdown,
  SelectList,
  SettingsList,
  Spacer,
  Text,
  TruncatedText,
} from "../npm/tui/components.ts";
export { fuzzyFilter, fuzzyMatch, isKeyRelease, isKeyRepeat, Key, matchesKey, parseKey } from "../npm/tui/keys.ts";
export { CURSOR_MARKER, sliceByColumn, stripTerminalSequences, truncateToWidth, visibleWidth, wrapTextWithAnsi } from "../npm/tui/text.ts";

export const TUI_KEYBINDINGS = {};

/** Of a terminal that can nothing but text. */
export function getCapabilities(): { images: null; trueColor: boolean; hyperlinks: boolean } {
  return { images: null, trueColor: false, hyperlinks: false };
}

export function isFocusable(component: unknown): boolean {
  return typeof component === "object" && component !== null && "focused" in component;
}

export function isKittyProtocolActive(): boolean {
  return false;
}

// What needs a terminal, or a service that there is none of.
export const CancellableLoader = standInClass("CancellableLoader");
export const CombinedAutocompleteProvider = standInClass("CombinedAutocompleteProvider");
export const HStack = standInClass("HStack");
export const KeybindingsManager = standInClass("KeybindingsManager");
export const Marked = standInClass("Marked");
export const MouseRegion = standInClass("MouseRegion");
export const ProcessTerminal = standInClass("ProcessTerminal");
export const ScrollView = standInClass("ScrollView");
export const StdinBuffer = standInClass("StdinBuffer");
export const TuiAltScreen = standInClass("TuiAltScreen");
export const TuiMainScreen = standInClass("TuiMainScreen");
export const VStack = standInClass("VStack");
export const allocateImageId = standInFunction("allocateImageId");
export const backgroundAnsi = standInFunction("backgroundAnsi");
export const calculateImageRows = standInFunction("calculateImageRows");
export const colorToHex = standInFunction("colorToHex");
export const colorToOkhsl = standInFunction("colorToOkhsl");
export const colorToOklch = standInFunction("colorToOklch");
export const colorToRgb = standInFunction("colorToRgb");
export const compositeTuiLine = standInFunction("compositeTuiLine");
export const decodeKittyPrintable = standInFunction("decodeKittyPrintable");
export const deleteAllKittyImages = standInFunction("deleteAllKittyImages");
export const deleteKittyImage = standInFunction("deleteKittyImage");
export const detectCapabilities = standInFunction("detectCapabilities");
export const encodeITerm2 = standInFunction("encodeITerm2");
export const encodeKitty = standInFunction("encodeKitty");
export const foregroundAnsi = standInFunction("foregroundAnsi");
export const formatProgramStatus = standInFunction("formatProgramStatus");
export const getCellDimensions = standInFunction("getCellDimensions");
export const getGifDimensions = standInFunction("getGifDimensions");
export const getImageDimensions = standInFunction("getImageDimensions");
export const getJpegDimensions = standInFunction("getJpegDimensions");
export const getKeybindings = standInFunction("getKeybindings");
export const getNativeClipboard = standInFunction("getNativeClipboard");
export const getOsc8LinkAtColumn = standInFunction("getOsc8LinkAtColumn");
export const getPngDimensions = standInFunction("getPngDimensions");
export const getSelectPageIndex = standInFunction("getSelectPageIndex");
export const getTerminalColorMode = standInFunction("getTerminalColorMode");
export const getWebpDimensions = standInFunction("getWebpDimensions");
export const hyperlink = standInFunction("hyperlink");
export const imageFallback = standInFunction("imageFallback");
export const indexedColor = standInFunction("indexedColor");
export const isAppleTerminalSession = standInFunction("isAppleTerminalSession");
export const isViewportTUI = standInFunction("isViewportTUI");
export const mixColors = standInFunction("mixColors");
export const okhslColor = standInFunction("okhslColor");
export const oklabToOkhslLightness = standInFunction("oklabToOkhslLightness");
export const oklchColor = standInFunction("oklchColor");
export const parseColor = standInFunction("parseColor");
export const parseTerminalColorSchemeReport = standInFunction("parseTerminalColorSchemeReport");
export const renderFakeCursor = standInFunction("renderFakeCursor");
export const renderImage = standInFunction("renderImage");
export const renderLatex = standInFunction("renderLatex");
export const replaceControlCharacters = standInFunction("replaceControlCharacters");
export const resetCapabilitiesCache = standInFunction("resetCapabilitiesCache");
export const rgbColor = standInFunction("rgbColor");
export const setCapabilities = standInFunction("setCapabilities");
export const setCapabilityOverrides = standInFunction("setCapabilityOverrides");
export const setCellDimensions = standInFunction("setCellDimensions");
export const setImageTranscoder = standInFunction("setImageTranscoder");
export const setKeybindings = standInFunction("setKeybindings");
export const setKittyProtocolActive = standInFunction("setKittyProtocolActive");
export const styleText = standInFunction("styleText");
export const styleTextWithAnsi = standInFunction("styleTextWithAnsi");
