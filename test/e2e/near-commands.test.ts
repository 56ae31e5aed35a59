// Two hundred words that somebody may type who means a command: none of them is sent to a model.

import { expect } from "vitest";
import { services } from "../support/served.ts";
import { test, type World } from "../support/world.ts";

const words = `
  confg cofig conifg confi configg cnofig configs
  auht aut auths authh atuh
  modles modesl moedls model modls modells mdels
  instal isntall instll intsall installl instalk unstall
  remov reomve rmove removee remobe removes
  lits lst lista lisst lis lixt lists
  updat udpate updte updatee upadte updates
  extension extensoins extnsions extentions extensionss exensions
  session sesions sessoins sesssions seesions sessiosn sessons
  undoo unod und undp udno
  trsut trus trustt turst truts trusts
  schem shcema schemas schmea scheam
  completion completoins compltions completionss compeltions
  hlep hel helpp hepl hlp
  versoin versin verison versionn vesrion versions
  inspcet inspet inspecct isnpect inspects inspec
  uninstal unistall uninstll uninsatll uninstalls
  plugins plguin plugn pluginn
  upgrad upgarde upgrde upgrades ugprade
  logn lgoin loginn logni logins
  logou loguot logot logoutt logouts
  mcp
  resum reusme resme resumee resumes
  run exce exe execc exc execs
  docter dcotor doctro doctors doctr
  metrcs metirc mertics metircs
  sessionss sesison sesion sesson cnfig instaal iinstall remobve upadate udpdate extnesion
  schemsa versioon inspeect trusst liist hhelp autth complteions upgrrade loginn loggout resumme ddoctor
  sessionx modelz confiq installx removex updatex authx listx helpx trustx schemax versionx inspectx undox
  installed isntal remve updats udate extensios extensjons sesssion sessoons modols metrixs metrcis schemq
  verision inspekt trist helq authe lisr confih completons lgin lohout resune docyor upgrqde unistal plugim
  setup-tokn confgure settigns statsu whoami servers hisotry threads permissons exprot chta ask quit rollback auth-login sessions-list
  signin usage diffs tasks providrs list-modles
  Install UPDATE Sessions CONFIG Help LIST Run MCP
`
  .trim()
  .split(/\s+/);

/** Words of one letter more or less in names of three, and words that only begin alike, are prompts. */
const prompts = ["hello", "explain", "refactor", "why", "rum", "map"];

/** One shell for all of them: status by word. */
async function statuses(world: World, way: "binary" | "node", all: readonly string[]): Promise<Map<string, string>> {
  const server = await world.strict(service.format, [{ say: [{ text: "Sent" }] }]);
  world.config(service.toml(server.baseUrl));
  const args = ["--model", service.model, "--no-session"];
  const shell = `for word in ${all.join(" ")}; do "$@" "$word" > ../out 2> ../err; echo "$word $? $(wc -l < ../err) $(wc -c < ../out)"; done`;
  const { stdout } = await world.run(args, { way, shell, env: service.env(server.baseUrl), timeoutMs: 120_000 });
  return new Map([
    ...stdout
      .trimEnd()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)] as const),
    ["requests", String(server.requests.length)],
  ]);
}

const [service] = services as [(typeof services)[number]];

test("on the binary", async ({ world }) => {
  expect(new Set(words).size).toBeGreaterThanOrEqual(200);
  const seen = await statuses(world, "binary", words);
  expect(seen.get("requests")).toBe("0");
  // Status 2, one line on stderr, nothing on stdout.
  for (const word of words) expect([word, seen.get(word)]).toEqual([word, "2 1 0"]);
});

test("on Node; what is none goes to the model", async ({ world }) => {
  expect((await statuses(world, "node", words.slice(20, 26))).get("requests")).toBe("0");
  const seen = await statuses(world, "binary", prompts);
  expect(seen.get("requests")).toBe(String(prompts.length));
  for (const word of prompts) expect([word, seen.get(word)]).toEqual([word, "0 0 5"]);
});

test("what is typed on the screen with a slash is no prompt where there is none; names that it does not have may be a template's", async ({
  world,
}) => {
  const seen = await statuses(world, "binary", ["/login", "/compact", "/model", "/quit", "/review", "/etc/hosts"]);
  expect([...seen]).toEqual([
    ["/login", "2 1 0"],
    ["/compact", "2 1 0"],
    ["/model", "2 1 0"],
    ["/quit", "2 1 0"],
    ["/review", "0 0 5"],
    ["/etc/hosts", "0 0 5"],
    ["requests", "2"],
  ]);
  expect((await world.run(["/login"])).stderr).toMatch(
    /^Error: \/login is typed .* In the shell: pi auth login\. As a prompt: pi -p \/login\n$/,
  );
});
