// `typebox/compile` for extensions: the one that we check arguments with. Loaded when an extension imports it.

export * from "typebox/compile";
export { default } from "typebox/compile";
