// Baseline (a): a compiled program that does nothing. What it costs is the runtime's own price.
export {};
