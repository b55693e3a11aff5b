// Request: an example as an address, as a curl command and as Python, from what was filled in.

const VARIABLE = "ARTIST360_TOKEN";

/** The pairs of the query: *values* is `{name: [text…]}`; what is empty or as it is anyway is left out. */
export function pairs(parameters, values) {
  return parameters.flatMap(({ name, choices, initial }) => {
    const given = (values[name] ?? []).filter((value) => value !== "");
    if (!given.length || (given.length === initial.length && given.every((value, at) => value === initial[at]))) return [];
    return choices ? [[name, given.join(",")]] : given.map((value) => [name, value]);
  });
}

/** Commas stay readable; they mean the same. */
const encode = (query) => new URLSearchParams(query).toString().replaceAll("%2C", ",");

export const address = (path, query) => path + (query.length ? `?${encode(query)}` : "");

export function curl(path, query) {
  const kept = path.endsWith(".parquet") ? ` -o ${path.split("/").at(-1)}` : "";
  return `curl${kept} -H "Authorization: Bearer $${VARIABLE}" \\\n  '${location.origin}${address(path, query)}'`;
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
