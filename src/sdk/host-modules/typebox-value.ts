// `typebox/value` for extensions: the one that we check arguments with. Loaded when an extension imports it.

export * from "typebox/value";
export { default } from "typebox/value";
