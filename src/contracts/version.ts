// The program's version; a test holds it equal to package.json. Here because `--version` must read no file.

export const version = "1.6.0";
