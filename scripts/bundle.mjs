// Bundles entries into chunks, without what no call of ours needs of the services' SDKs. Runs under bun, for what is bundled by plugins; started by
// build.mjs with the options of `Bun.build` as JSON. Prints what was made, as the bundler's metafile tells of it.
// Invariant: the modules left out keep the names that they export, so that whoever imports one finds a class that does nothing.

/**
 * Each SDK makes an object of every part of its service's interface with each client, and loads the code of all. We send by `post` alone.
 * @type {import("bun").BunPlugin}
 */
const withoutResources = {
  name: "without resources",
  setup(build) {
    build.onLoad({ filter: /node_modules\/(?:openai|@anthropic-ai\/sdk)\/resources\/.*\.mjs$/ }, async ({ path }) => {
      const text = await Bun.file(path).text();
      const handedOn = [...text.matchAll(/^export (?:\*|\{[^}]*\})[^;]*;/gm)].map(([statement]) => statement);
      const own = [...text.matchAll(/^export (?:class|function|const|let|var) (\w+)/gm)].map(([, name]) => `export class ${name} {}`);
      return { contents: [...handedOn, ...own].join("\n"), loader: "js" };
    });
  },
};

const { metafile } = await Bun.build({ ...JSON.parse(process.argv[2] ?? "{}"), plugins: [withoutResources], metafile: true });
console.log(JSON.stringify(metafile?.outputs));
