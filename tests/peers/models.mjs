// Takes the official TypeScript SDK of a provider of models around recorded exchanges, and prints
// what it saw as one JSON value.
//
//     models.mjs tour VENDOR URL KEY EXCHANGES     every exchange of a folder, in every way
//     models.mjs first VENDOR URL KEY RELEASE      the first event of a stream, then asks for the rest
//     models.mjs leave VENDOR URL KEY              some events of a stream without end, then goes away
//
// VENDOR is openai or anthropic; URL is where its API begins. MODULES is where they are installed.

import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.MODULES}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const PACKAGES = { openai: "openai", anthropic: "@anthropic-ai/sdk" };
const HEADS = ["openai-processing-ms", "retry-after", "retry-after-ms", "x-should-retry"];
const [what, vendor, baseURL, apiKey, rest] = process.argv.slice(2);
const { default: Client } = await load(PACKAGES[vendor]);
const client = new Client({ baseURL, apiKey, maxRetries: 0, timeout: 40_000 });
const steps = [];

// What of a value is told: JSON, and what it holds in memory only is not.
const plain = (value) => JSON.parse(JSON.stringify(value) ?? "null");
const picked = (headers) =>
  Object.fromEntries(HEADS.filter((it) => headers.has(it)).map((it) => [it, headers.get(it)]));

function told(error) {
  const seen = { class: error.constructor.name };
  if (error instanceof Client.APIError) {
    for (const name of ["status", "code", "type", "param", "requestID", "error", "message"]) {
      seen[name] = plain(error[name] ?? null);
    }
    seen.head = error.headers ? picked(error.headers) : {};
  }
  return { error: seen };
}

function* exchanges(folder) {
  for (const file of readdirSync(folder).sort()) {
    const [call, body] = readFileSync(join(folder, file), "utf8").split("\n", 2);
    yield [file.replace(/\.txt$/, ""), call.replace(/^> /, ""), JSON.parse(body)];
  }
}

// A method by its name in Python, and whose it is.
function method(of, call) {
  const parts = call.replace(/_(\w)/g, (_, it) => it.toUpperCase()).split(".");
  const name = parts.pop();
  const owner = parts.reduce((it, part) => it[part], of);
  return (...words) => owner[name](...words);
}

async function note(step, act) {
  const seen = [];
  try {
    await act(seen);
  } catch (error) {
    seen.push(told(error));
  }
  steps.push([step, seen]);
}

function asked(call, name, body) {
  return typeof body === "string" || call.startsWith("models.") ? body : { model: name, ...body };
}

// The helpers of both vendors end with a value of their own.
const FINALS = ["finalChatCompletion", "finalResponse", "finalMessage"];

async function around(name, call, body) {
  const patient = client.withOptions({ maxRetries: name.startsWith("retry-") ? 2 : 0 });
  const what = asked(call, name, body);
  const ask = () => method(patient, call)(what);
  await note(name, async (seen) => {
    const answer = await ask();
    if (answer?.[Symbol.asyncIterator]) {
      for await (const it of answer) seen.push(plain(it));
    } else {
      seen.push(plain(answer));
    }
  });
  if (!body.stream) {
    await note(`${name} with its head`, async (seen) => {
      const { response, request_id } = await ask().withResponse();
      const kind = response.headers.get("content-type");
      seen.push([response.status, kind, picked(response.headers), request_id ?? null]);
    });
  } else if (!name.startsWith("error-")) {
    await note(`${name} by the helper`, async (seen) => {
      const { stream: _, ...named } = what;
      const stream = method(patient, call.replace(".create", ".stream"))(named);
      for await (const it of stream) seen.push(plain(it));
      const final = FINALS.find((it) => it in stream);
      seen.push(plain(await stream[final]()));
    });
  }
  if (name.endsWith("-schema") && vendor === "openai" && !body.stream) {
    await note(`${name} parsed`, async (seen) => {
      seen.push(plain(await method(patient, call.replace(".create", ".parse"))(what)));
    });
  }
}

function opened(model) {
  const messages = [{ role: "user", content: "Hello!" }];
  if (vendor === "openai") {
    return client.chat.completions.create({ model, messages, stream: true });
  }
  return client.messages.create({ model, messages, max_tokens: 1024, stream: true });
}

const PARTS = {
  async tour() {
    for (const one of exchanges(rest)) await around(...one);
    return steps;
  },
  async first() {
    const seen = [];
    for await (const it of await opened("gated")) {
      seen.push(plain(it));
      if (seen.length === 1) await fetch(rest);
    }
    return seen;
  },
  async leave() {
    const seen = [];
    for await (const it of await opened("endless")) {
      seen.push(plain(it));
      if (seen.length === 4) break;
    }
    return seen;
  },
};
console.log(JSON.stringify(await PARTS[what]()));
