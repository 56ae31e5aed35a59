// `@earendil-works/pi-ai/oauth` for extensions, which has types alone. Loaded when one imports it.

export {};
