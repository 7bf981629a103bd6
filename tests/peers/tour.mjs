// Takes the official TypeScript SDKs around a server, and prints what they saw as one JSON value.
//
//     tour.mjs SDK stdio COMMAND...     the server itself, or wrapped
//     tour.mjs SDK http URL [KEY]       the server over HTTP, or a gateway before it
//
// SDK is `1` (@modelcontextprotocol/sdk), `2` (@modelcontextprotocol/client, as it comes) or
// `modern` (the same, looking for the modern era first). MODULES is where they are installed; PREFIX
// is what names begin with where several servers are served as one.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.MODULES}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const [sdk, way, ...rest] = process.argv.slice(2);
const LEGS = "test_input_required_result_";
const PREFIX = process.env.PREFIX ?? "";
const seen = [];

async function parts() {
  if (sdk === "1") {
    const at = "@modelcontextprotocol/sdk";
    const { Client } = await load(`${at}/client/index.js`);
    const { StdioClientTransport } = await load(`${at}/client/stdio.js`);
    const { StreamableHTTPClientTransport } = await load(`${at}/client/streamableHttp.js`);
    const types = await load(`${at}/types.js`);
    const names = {
      "elicitation/create": types.ElicitRequestSchema,
      "sampling/createMessage": types.CreateMessageRequestSchema,
      "roots/list": types.ListRootsRequestSchema,
    };
    return { Client, StdioClientTransport, StreamableHTTPClientTransport, named: (it) => names[it] };
  }
  const at = "@modelcontextprotocol/client";
  const { Client, StreamableHTTPClientTransport } = await load(at);
  const { StdioClientTransport } = await load(`${at}/stdio`);
  return { Client, StdioClientTransport, StreamableHTTPClientTransport, named: (it) => it };
}

async function note(what, asking) {
  try {
    seen.push([what, await asking]);
  } catch (error) {
    // What never was is answered in words of whoever answers.
    seen.push([what, what.startsWith("absent") ? {} : { code: error.code }]);
  }
}

function answer(client, named) {
  client.setRequestHandler(named("elicitation/create"), async ({ params }) => {
    seen.push(["asked", params.message]);
    const names = Object.keys(params.requestedSchema.properties);
    return { action: "accept", content: Object.fromEntries(names.map((it) => [it, "Ada"])) };
  });
  client.setRequestHandler(named("sampling/createMessage"), async ({ params }) => {
    seen.push(["asked", params.messages[0].content]);
    const content = { type: "text", text: "Paris" };
    return { role: "assistant", content, model: "test" };
  });
  client.setRequestHandler(named("roots/list"), async () => {
    seen.push(["asked", "roots"]);
    return { roots: [{ uri: "file:///here", name: "here" }] };
  });
}

async function go(client) {
  await note("tools", client.listTools());
  await note("resources", client.listResources());
  await note("templates", client.listResourceTemplates());
  await note("prompts", client.listPrompts());
  const calls = [
    ["test_simple_text", {}],
    ["test_multiple_content_types", {}],
    ["test_error_handling", {}],
    ["test_tool_with_progress", {}],
    ["test_tool_with_header", { region: "Østlandet \u2603" }],
  ];
  const asking = ["elicitation", "sampling", "list_roots", "multi_round"];
  const isModern = sdk !== "1" && client.getNegotiatedProtocolVersion() > "2026";
  if (isModern) calls.push(...asking.map((it) => [LEGS + it, {}]));
  for (const [name, args] of calls) {
    const onprogress = (it) => seen.push(["progress", it]);
    const call = { name: PREFIX + name, arguments: args };
    const options = { onprogress };
    const rest = sdk === "1" ? [undefined, options] : [options];
    const made = client.callTool(call, ...rest);
    await note(`call ${name}`, made);
  }
  for (const uri of ["test://static-text", "test://template/7/data"]) {
    await note(`read ${uri}`, client.readResource({ uri }));
  }
  await note("absent tool", client.callTool({ name: `${PREFIX}no_such_tool`, arguments: {} }));
  await note("absent resource", client.readResource({ uri: "test://none" }));
  const name = `${PREFIX}test_prompt_with_arguments`;
  await note("prompt", client.getPrompt({ name, arguments: { arg1: "one", arg2: "zwei" } }));
  const argument = { name: "arg1", value: "par" };
  await note("complete", client.complete({ ref: { type: "ref/prompt", name }, argument }));
}

const { Client, StdioClientTransport, StreamableHTTPClientTransport, named } = await parts();
const capabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };
const negotiation = sdk === "modern" ? { versionNegotiation: { mode: "auto" } } : {};
const client = new Client({ name: "tour", version: "1" }, { capabilities, ...negotiation });
answer(client, named);
const headers = rest[1] ? { Authorization: `Bearer ${rest[1]}` } : {};
const transport =
  way === "stdio"
    ? new StdioClientTransport({ command: rest[0], args: rest.slice(1) })
    : new StreamableHTTPClientTransport(new URL(rest[0]), { requestInit: { headers } });
await client.connect(transport);
await go(client);
await client.close();
const text = JSON.stringify(seen);
console.log(PREFIX ? text.replaceAll(PREFIX, "") : text);
process.exit(0);
