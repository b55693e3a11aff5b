// Request: an example as an address, as a curl command and as Python, from what was filled in.

/** Not a name that begins with ARTIST360_: the commands refuse one that is no setting. */
const VARIABLE = "A360_TOKEN";

/** What is filled in at first: `{name: [text…]}`. */
export const begun = (parameters) => Object.fromEntries(parameters.map(({ name, begins }) => [name, begins]));

/** The pairs of the query: *values* is `{name: [text…]}`; what is empty or as it is anyway is left out. */
export function pairs(parameters, values) {
  return parameters.flatMap(({ name, choices, named, initial }) => {
    const given = (values[name] ?? []).filter((value) => value !== "");
    if (!given.length || (given.length === initial.length && given.every((value, at) => value === initial[at]))) return [];
    if (named) return given.map((value) => split(value));
    return choices ? [[name, given.join(",")]] : given.map((value) => [name, value]);
  });
}

/** `NAME=…` as a pair. */
function split(text) {
  const [name] = text.split("=", 1);
  return [name, text.slice(name.length + 1)];
}

/** Commas stay readable; they mean the same. */
const encode = (query) => new URLSearchParams(query).toString().replaceAll("%2C", ",");

export const address = (path, query) => path + (query.length ? `?${encode(query)}` : "");

const AUTHORIZATION = `-H "Authorization: Bearer $${VARIABLE}"`;

/** *text* as the shell takes it as it is. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const lines = (...parts) => parts.filter(Boolean).join(" \\\n  ");

export function curl(path, query) {
  const kept = path.endsWith(".parquet") ? ` -o ${path.split("/").at(-1)}` : "";
  return lines(`curl${kept} ${AUTHORIZATION}`, quoted(location.origin + address(path, query)));
}

/** As `curl`, for any operation: *body* is `[{name, secret}…]`. What has no answer but its headers shows these. */
export function curlOf({ method, open, body, streams, kind }) {
  return (path, query) => {
    const begin = ["curl", streams && "-N", !kind && "-i", method !== "GET" && `-X ${method}`, !open && AUTHORIZATION].filter(Boolean).join(" ");
    if (streams) return lines(begin, `-G ${quoted(location.origin + path)}`, ...query.map(([name, value]) => `--data-urlencode ${quoted(`${encodeURIComponent(name)}=${value}`)}`));
    const url = quoted(location.origin + address(path, query));
    if (open && !body) return `${begin} ${url}`;
    const fields = body && `{${body.map(({ name, secret }) => `\\"${name}\\": \\"${secret ? `$${VARIABLE}` : "…"}\\"`).join(", ")}}`;
    return lines(begin, body && `-H "Content-Type: application/json" --data "${fields}"`, url);
  };
}

const PYTHON_ENDS = {
  json: ["    answer = json.load(response)", 'print(answer["data"])'],
  ndjson: ["    rows = [json.loads(line) for line in response]", "print(rows)"],
  csv: ["    rows = list(csv.DictReader(io.TextIOWrapper(response, encoding=\"utf-8\", newline=\"\")))", "print(rows)"],
};
const PYTHON_IMPORTS = { json: ["json"], ndjson: ["json"], csv: ["csv", "io"] };

export function python(path, query) {
  const [file, kind] = [path.split("/").at(-1), path.split(".").at(-1)];
  const imports = [...(PYTHON_IMPORTS[kind] ?? []), "os", ...(query.length ? ["urllib.parse"] : []), "urllib.request"];
  const ends = PYTHON_ENDS[kind] ?? [`    with open(${JSON.stringify(file)}, "wb") as file:`, "        file.write(response.read())"];
  return [
    ...imports.map((name) => `import ${name}`),
    "",
    `url = ${JSON.stringify(location.origin + path)}`,
    ...(query.length ? ["query = [", ...query.map(([name, value]) => `    (${JSON.stringify(name)}, ${JSON.stringify(value)}),`), "]", 'url += "?" + urllib.parse.urlencode(query)'] : []),
    `headers = {"Authorization": "Bearer " + os.environ["${VARIABLE}"]}`,
    "request = urllib.request.Request(url, headers=headers)",
    "with urllib.request.urlopen(request) as response:",
    ...ends,
  ].join("\n");
}
