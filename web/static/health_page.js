// Health page: whether everything that came is counted.
import { html } from "./markup.js";
import { Conservation } from "./conservation.js";

export const title = () => "Health";

export const subscriptions = () => ({ conservation: "conservation" });

export const Body = ({ parts }) => html`
  <div class="page-head"><h1>Health</h1></div>
  <${Conservation} part=${parts.conservation} />`;
