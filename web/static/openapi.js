// OpenAPI: reads the document into what the page shows. Nothing here knows any endpoint.

/** Follow `$ref`s into *api* until there is none. */
const resolve = (api, part) => (part?.$ref ? resolve(api, part.$ref.slice(2).split("/").reduce((found, name) => found[name], api)) : part);

const number = new Intl.NumberFormat(navigator.languages);
const SHOWN_CHOICES = 12;
const KINDS = { "application/json": "json", "text/plain": "txt", "text/event-stream": "events" };
const REST = "default"; // OpenAPI's word for every status that is not named

const range = (least, most) => `${number.format(least)}–${number.format(most)}`;

/** What a value of *schema* is, in words. */
export function words(schema) {
  if (schema.enum?.length > SHOWN_CHOICES) return `one of ${number.format(schema.enum.length)}: ${schema.enum.slice(0, 3).join(", ")} … ${schema.enum.at(-1)}`;
  if (schema.enum) return `one of ${schema.enum.join(", ")}`;
  if (schema.prefixItems) return `JSON array of ${schema.prefixItems.map((item) => item.title).join(", ")}`;
  if (schema.type === "object") return `NAME=${schema.additionalProperties.title}`;
  if (schema.type === "array") return `list: each ${words(schema.items)}`;
  if (schema.type === "integer") return schema.maximum === undefined ? "whole number" : `whole number, ${range(schema.minimum, schema.maximum)}`;
  if (schema.type === "number") return "number";
  if (schema.format === "date") return "day, YYYY-MM-DD";
  if (schema.examples) return `text like ${schema.examples[0]}`;
  return schema.maxLength === undefined ? "text" : `text, ${range(schema.minLength ?? 0, schema.maxLength)} characters`;
}

function readParameter(api, reference) {
  const parameter = resolve(api, reference);
  const { schema, example } = parameter.schema ? parameter : parameter.content["application/json"];
  const asJson = !parameter.schema;
  const list = schema.type === "array" && !asJson;
  const one = list ? schema.items : schema;
  const named = schema.type === "object" ? Object.entries(example).map(([name, value]) => `${name}=${value}`) : null;
  const choices = list && !parameter.explode ? one.enum : null;
  const initial = [one.default ?? schema.default].flat().filter((value) => value !== undefined).map(String);
  return {
    name: parameter.name,
    aliasOf: parameter["x-alias-of"],
    about: parameter.description,
    words: words(one),
    /** Those of a list that is written with commas; null: a value is typed. */
    choices,
    /** Whether the reader names what is given: each value is `NAME=…`. */
    named: named !== null,
    many: named ? schema.maxProperties : list && parameter.explode ? schema.maxItems : 0,
    initial,
    /** What is filled in at first. */
    begins: named ?? (choices ? initial : []),
    example: named ? named[0] : asJson ? JSON.stringify(example) : String([example].flat()[0] ?? ""),
  };
}

/** Those in the query, each with its other names. */
function readParameters(api, operation) {
  const found = (operation.parameters ?? []).filter((reference) => resolve(api, reference).in === "query").map((reference) => readParameter(api, reference));
  return found
    .filter(({ aliasOf }) => !aliasOf)
    .map((parameter) => ({ ...parameter, aliases: found.filter(({ aliasOf }) => aliasOf === parameter.name).map(({ name }) => name) }));
}

function readColumns(api, responses) {
  const answer = resolve(api, responses["200"].content["application/json"].schema);
  const row = resolve(api, answer.properties.data.items);
  return Object.entries(row.properties).map(([name, schema]) => ({ name, words: words(resolve(api, schema)), always: row.required.includes(name) }));
}

const readFailures = (api, responses) =>
  Object.entries(responses)
    .filter(([status]) => status >= "400")
    .map(([status, response]) => ({ status: status === REST ? "other" : status, about: resolve(api, response).description }));

/** The endpoint of a tag: its operations are its formats, under each of its names. */
function readEndpoint(api, tag, operations) {
  const own = operations.filter(({ operation }) => !operation["x-alias-of"]);
  const formats = own.map(({ path, operation }) => ({ kind: path.split(".").at(-1), path, about: operation.responses["200"].description }));
  const { operation } = own.find(({ operation }) => operation.responses["200"].content["application/json"]);
  return {
    name: tag.name,
    about: tag.description,
    names: [...new Set(operations.map(({ path }) => path.replace(/\.\w+$/, "")))],
    formats,
    parameters: readParameters(api, operation),
    columns: readColumns(api, operation.responses),
    failures: readFailures(api, operation.responses),
  };
}

function readOther(api, { method, path, operation }) {
  const body = operation.requestBody?.content["application/json"].schema;
  const [status, good] = Object.entries(operation.responses).find(([status]) => status < "400");
  const type = Object.keys(good.content ?? {})[0];
  return {
    name: operation.operationId,
    method: method.toUpperCase(),
    path,
    about: operation.summary,
    parameters: readParameters(api, operation),
    open: operation.security?.length === 0,
    body: body && Object.entries(resolve(api, body).properties).map(([name, schema]) => ({ name, words: words(schema), secret: schema.format === "password" })),
    answer: { status, about: good.description },
    kind: KINDS[type] ?? "",
    streams: type === "text/event-stream",
    failures: readFailures(api, operation.responses),
  };
}

/** `{about, version, endpoints, others, failures}` of an OpenAPI document; `failures` are those of all, each once. */
export function readApi(api) {
  const operations = Object.entries(api.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })));
  const ofTag = (name) => operations.filter(({ operation }) => operation.tags.includes(name));
  const isEndpoint = ({ name }) => ofTag(name).some(({ path }) => path.startsWith("/v0/pipes/"));
  const endpoints = api.tags.filter(isEndpoint).map((tag) => readEndpoint(api, tag, ofTag(tag.name)));
  const others = api.tags.filter((tag) => !isEndpoint(tag)).flatMap((tag) => ofTag(tag.name).map((found) => readOther(api, found)));
  const every = new Map([...endpoints, ...others].flatMap(({ failures }) => failures).map((failure) => [failure.status, failure]));
  const failures = [...every.values()].sort((one, other) => (one.status < other.status ? -1 : 1));
  return { about: api.info.description, version: api.info.version, endpoints, others, failures };
}
