// Format: numbers, money, dates and names as people read them, in the reader's own language and time zone.
const locale = navigator.languages;
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(locale, { notation: "compact", minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const signedPercent = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" });
const tenth = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const utc = (parts) => new Intl.DateTimeFormat(locale, { ...parts, timeZone: "UTC" });
const [dayOfMonth, wholeDay, monthOnly, yearOnly] = [
  utc({ day: "numeric", month: "short" }), utc({ weekday: "short", day: "numeric", month: "short", year: "numeric" }), utc({ month: "short" }), utc({ year: "numeric" }),
];
const signed = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1, signDisplay: "exceptZero" });
const dateAndTime = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const regions = new Intl.DisplayNames(locale, { type: "region" });

/** ISO 4217, as the server is set up. */
export const CURRENCY = document.documentElement.dataset.currency;
const money = (digits) =>
  new Intl.NumberFormat(locale, { style: "currency", currency: CURRENCY, minimumFractionDigits: digits, maximumFractionDigits: digits });
const [cents, exactCents] = [money(2), money(4)];

export const exact = (number) => whole.format(number);

/** 12345 -> "12.3K"; below a thousand the number itself. */
export const compact = (number) => (Math.abs(number) < 1000 ? whole.format(number) : short.format(number));

export const share = (part, all) => (all > 0 ? percent.format(Math.min(part / all, 1)) : "");

/** 0.123 -> "+12.3%". */
export const signedShare = (part) => signedPercent.format(part);

/** Income as it is shown: in cents. */
export const income = (amount) => cents.format(amount);

/** Income of few plays: what is not nothing is not "0.00". */
export const incomeOfFew = (amount) => (amount > 0 && amount < 0.005 ? `< ${cents.format(0.01)}` : cents.format(amount));

/** Income as it is counted: a play earns fractions of a cent. */
export const exactIncome = (amount) => exactCents.format(amount);

/** "hh:mm:ss" in the reader's time zone. */
export const timeOfDay = (epochSeconds) => clock.format(epochSeconds * 1000);

/** "24 Nov, hh:mm:ss" in the reader's time zone. */
export const moment = (epochSeconds) => dateAndTime.format(epochSeconds * 1000);

/** "2026-11-24 07:01:12", a UTC second as the API writes it -> seconds since 1970. */
export const readSecond = (text) => Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`) / 1000;

/** "2026-11-24", a UTC day as the API writes it -> seconds since 1970 at its beginning. */
export const readDay = (text) => Date.parse(`${text}T00:00:00Z`) / 1000;

/** Days, which are UTC's, from the second that they begin with: "24 Nov", "Tue, 24 Nov 2026", "Nov", "2026". */
export const dayShort = (epochSeconds) => dayOfMonth.format(epochSeconds * 1000);
export const dayLong = (epochSeconds) => wholeDay.format(epochSeconds * 1000);
export const monthName = (epochSeconds) => monthOnly.format(epochSeconds * 1000);
export const yearName = (epochSeconds) => yearOnly.format(epochSeconds * 1000);

/** From *before* to *now*: "+12.5%"; nothing to compare with gives "". */
export const change = (now, before) => (before > 0 ? signed.format((now - before) / before) : "");

/** How long ago: "1.2 s", "48 s", "3 min", "2 h". */
export function duration(seconds) {
  if (seconds < 9.95) return `${tenth.format(Math.max(seconds, 0))} s`;
  if (seconds < 120) return `${whole.format(seconds)} s`;
  return seconds < 7200 ? `${whole.format(seconds / 60)} min` : `${whole.format(seconds / 3600)} h`;
}

export const UNKNOWN_COUNTRY = "ZZ";

export function countryName(code) {
  if (code === UNKNOWN_COUNTRY || !/^[A-Z]{2}$/.test(code)) return "Unknown country";
  return regions.of(code) ?? code;
}

const PLATFORM_WORDS = { youtube: "YouTube", soundcloud: "SoundCloud" };
const SPELLINGS = { "r&b": "R&B", edm: "EDM", mpb: "MPB", "k-r&b": "K-R&B" };
/** "no such song" -> "No such song". */
export const sentence = (text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

export function genreName(genre) {
  if (!genre) return "Unknown genre";
  return SPELLINGS[genre] ?? sentence(genre).replace(/-(pop|indie|rock|ballad)\b/, (word) => `-${sentence(word.slice(1))}`);
}

export const platformName = (source) => (source ? source.split(" ").map((word) => PLATFORM_WORDS[word] ?? sentence(word)).join(" ") : "Unknown service");

/** The credit of a song, a list or "A/B/C" -> "A, B, C". */
export const credit = (artists) => (Array.isArray(artists) ? artists : String(artists ?? "").split("/")).join(", ");

/** "Bad Bunny" -> "BB", "ROSALÍA" -> "R": what stands in an avatar. */
export function initials(name) {
  const words = name.split(/[\s./&-]+/u).map((word) => word.match(/[\p{L}\p{N}]/u)?.[0]).filter(Boolean);
  return (words.length > 1 ? words[0] + words.at(-1) : (words[0] ?? name.charAt(0))).toLocaleUpperCase();
}
