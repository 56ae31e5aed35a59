// `@earendil-works/pi-tui` for extensions: the library that the interactive mode draws with, so that their components are of one kind with its own. Loaded
// when one imports it.

export * from "@earendil-works/pi-tui";
