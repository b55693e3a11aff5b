// Ranking table: the rows of a whole ranking, with all that is known of each.
import { html, useRef } from "./markup.js";
import { compact, exact, exactIncome, income, share } from "./format.js";
import { Move, useGlide, useMoves } from "./moves.js";
import { Name, trendLabel } from "./rows.js";
import { Sparkline } from "./sparkline.js";

function Row({ kind, row, id, query, place, gained, allPlays, most }) {
  const title = `${exact(row.plays)} plays, ${exactIncome(row.income)}`;
  return html`<tr class="line" data-key=${id} data-exact=${row.plays} data-income=${row.income}>
    <td class="place">${place}<${Move} gained=${gained} /></td>
    <th scope="row"><span class="line-name">${kind.lead?.(row)}<${Name} kind=${kind} row=${row} query=${query} /></span></th>
    <td class="wide-column">${row.trend && html`<${Sparkline} values=${row.trend} label=${trendLabel(row)} />`}</td>
    <td class="wide-column line-share">${allPlays > 0 && html`<span class="line-bar"><i style=${{ transform: `scaleX(${row.plays / Math.max(most, 1)})` }}></i></span>${share(row.plays, allPlays)}`}</td>
    <td class="line-plays" title=${title}><span class="wide-only">${exact(row.plays)}</span><span class="narrow-only">${compact(row.plays)}</span></td>
    <td class="wide-column line-income" title=${exactIncome(row.income)}>${income(row.income)}</td>
  </tr>`;
}

const BoneRow = ({ row }) => html`<tr class="line" aria-hidden="true"><td class="place"></td><th colspan="5"><span class="bone" style=${{ width: `${64 - ((row * 37) % 41)}%` }}></span></th></tr>`;

/** *rows* of *kind*, or so many *bones*. *first* is the place of the row before them all; null numbers nothing. */
export function RankingTable({ kind, rows, query, first, allPlays, bones }) {
  const list = useRef(null);
  const keys = (rows ?? []).map(kind.key);
  const moves = useMoves(keys);
  useGlide(list, keys);
  const most = Math.max(...(rows ?? []).map(({ plays }) => plays), 0);
  return html`<table class="lines">
    <thead><tr>
      <th scope="col" class="place">${first !== null && html`<abbr title="Rank">#</abbr>`}</th><th scope="col">${kind.one}</th>
      <th scope="col" class="wide-column">30 days</th><th scope="col" class="wide-column" title="Of all plays that the filters leave">Share</th>
      <th scope="col">Plays</th><th scope="col" class="wide-column">Income</th>
    </tr></thead>
    <tbody ref=${list}>${rows
      ? rows.map((row, at) => html`<${Row} key=${keys[at]} kind=${kind} row=${row} id=${keys[at]} query=${query} place=${first === null ? "" : exact(first + at + 1)}
          gained=${moves.get(keys[at])?.gained} allPlays=${allPlays} most=${most} />`)
      : Array.from({ length: bones }, (_, row) => html`<${BoneRow} key=${row} row=${row} />`)}</tbody>
  </table>`;
}
