// Matching: which part of a name a search means, without regard to case, accents and what stands between letters.

/** How those are written who lack the letter: as the server has it, in `tables/names.py`. */
const PLAIN_LETTERS = {
  ß: "ss", æ: "ae", œ: "oe", þ: "th", ð: "d", đ: "d", ɖ: "d", ɗ: "d", ø: "o", ł: "l", ƚ: "l", ħ: "h", ŧ: "t", ŋ: "n", ı: "i", ɨ: "i", ĸ: "k", ƙ: "k",
  ƀ: "b", ɓ: "b", ƈ: "c", ȼ: "c", ƒ: "f", ǥ: "g", ɠ: "g", ƥ: "p", ɍ: "r", ƭ: "t", ʉ: "u", ʋ: "v", ɏ: "y", ƴ: "y", ƶ: "z", ɇ: "e", ɉ: "j", ɲ: "n", ⱥ: "a",
};

/** The letters and digits of *text* in lower case without accents, and for each where in *text* it comes from. */
function folded(text) {
  const [letters, places] = [[], []];
  let at = 0;
  for (const char of text) {
    for (const letter of char.normalize("NFKD").toLowerCase().replace(/./gu, (each) => PLAIN_LETTERS[each] ?? each)) {
      if (!/[\p{L}\p{N}]/u.test(letter)) continue;
      letters.push(letter);
      places.push([at, at + char.length]);
    }
    at += char.length;
  }
  return { letters, places };
}

/** Where *wanted* begins in *letters*, at the beginning of a word if it can be; -1: nowhere. */
function find(letters, places, wanted) {
  const starts = [...letters.keys()].filter((start) => wanted.every((letter, step) => letters[start + step] === letter));
  return starts.find((start) => start === 0 || places[start][0] !== places[start - 1][1]) ?? starts[0] ?? -1;
}

/** *name* in parts, `[{text, hit}…]`: what *asked* matches, the whole of it or else each of its words, is a hit. */
export function matchedParts(name, asked) {
  const { letters, places } = folded(name);
  const hits = new Set();
  const take = (words) => {
    const wanted = folded(words).letters;
    const start = wanted.length ? find(letters, places, wanted) : -1;
    if (start < 0) return false;
    for (let at = places[start][0]; at < places[start + wanted.length - 1][1]; at += 1) hits.add(at);
    return true;
  };
  if (!take(asked)) asked.split(/\s+/).forEach(take);
  const parts = [];
  for (let at = 0; at < name.length; at += 1) {
    if (parts.length && parts.at(-1).hit === hits.has(at)) parts.at(-1).text += name[at];
    else parts.push({ text: name[at], hit: hits.has(at) });
  }
  return parts;
}
