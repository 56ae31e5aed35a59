// Bundles entries into chunks, without what no call of ours needs of the services' SDKs. Runs under bun, for what is bundled by plugins; started by
// build.mjs with the options of `Bun.build` as JSON. Prints what was made, as the bundler's metafile tells of it.
// Invariant: the modules left out keep the names that they export, so that whoever imports one finds a function that does nothing.

/**
 * Each SDK makes an object of every part of its service's interface with each client, looks for credentials, sends, reads streams and files, says
 * what it runs on and tells tracers of it all. We have the request built and do the rest ourselves, with headers and a credential of our own.
 */
const leftOut = [
  /\/(?:openai|@anthropic-ai\/sdk)\/(?:resources\/|core\/(?:api-promise|middleware|pagination|streaming)\b)/,
  /\/(?:openai|@anthropic-ai\/sdk)\/internal\/(?:decoders|detect-platform|parse|request-signal|to-file|uploads)\b/,
  /\/@anthropic-ai\/sdk\/(?:(?:lib\/)?internal\/tracing\b|lib\/credentials\/(?!types\b)|core\/(?:credentials|error-classes)\b)/,
  /\/@opentelemetry\/api\//,
];

/** A class for each status, made at each start: here they are one. */
const errors = /\/(?:openai|@anthropic-ai\/sdk)\/core\/error\b/;

const transpiler = new Bun.Transpiler({ loader: "js" });

/** @type {import("bun").BunPlugin} */
const withoutUnused = {
  name: "without what is not used",
  setup(build) {
    build.onLoad({ filter: /node_modules.*\.m?js$/ }, async ({ path }) => {
      const areErrors = errors.test(path);
      if (!areErrors && !leftOut.some((pattern) => pattern.test(path))) return undefined;
      const text = await Bun.file(path).text();
      const handedOn = [...text.matchAll(/^export \*[^;]*;/gm)].map(([statement]) => statement);
      const names = transpiler.scan(text).exports.map((name) => `LeftOut as ${name}`);
      return {
        contents: [
          ...handedOn,
          areErrors ? "class LeftOut extends Error {}" : "function LeftOut() {}",
          `export { ${names.join(", ")} };`,
        ].join("\n"),
        loader: "js",
      };
    });
  },
};

const { metafile } = await Bun.build({ ...JSON.parse(process.argv[2] ?? "{}"), plugins: [withoutUnused], metafile: true });
console.log(JSON.stringify(metafile?.outputs));
