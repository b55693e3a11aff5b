// Origin: where the plays of a page come from: countries and services, each with its plays and what these earn.

export const BY_PLATFORM = { by: "source", rows: 6, title: "By platform", earned: true };

export const ORIGIN = { title: "Where it comes from", cards: [{ by: "country", rows: 8, title: "By country", earned: true }, BY_PLATFORM] };
