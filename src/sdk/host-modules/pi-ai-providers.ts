// `@earendil-works/pi-ai/providers/all` for extensions: the models of the catalogue. Loaded when one imports it.

import { standInFunction } from "../npm/stand-in.ts";

export {
  getAllModels as getAllBuiltinModels,
  getModels as getBuiltinModels,
  getProviders as getBuiltinProviders,
} from "../npm/model-calls.ts";
export { getModel as getBuiltinModel } from "../npm/model-runtime.ts";

// What needs a terminal, or a service that there is none of.
export const builtinModels = standInFunction("builtinModels");
export const builtinProviders = standInFunction("builtinProviders");
export const getBuiltinClassifierModel = standInFunction("getBuiltinClassifierModel");
export const getBuiltinClassifierModels = standInFunction("getBuiltinClassifierModels");
export const getBuiltinImageModel = standInFunction("getBuiltinImageModel");
export const getBuiltinImageModels = standInFunction("getBuiltinImageModels");
export const getBuiltinModelDataGeneratedAt = standInFunction("getBuiltinModelDataGeneratedAt");
export const radiusProvider = standInFunction("radiusProvider");
