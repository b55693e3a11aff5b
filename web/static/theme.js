// Theme: system, light or dark. A plain script in the head, so that the first paint already has the right one.
{
  const key = "artist360-theme";
  const choices = ["system", "light", "dark"];
  const stored = () => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be forbidden; the choice then lasts as long as the page
    }
  };
  const apply = (choice) => {
    document.documentElement.dataset.theme = choices.includes(choice) ? choice : "system";
    return document.documentElement.dataset.theme;
  };
  apply(stored());
  window.theme = {
    choices,
    current: () => document.documentElement.dataset.theme,
    choose(choice) {
      try {
        localStorage.setItem(key, choice);
      } catch {
        // as above
      }
      return apply(choice);
    },
  };
}
