// Runs before the first paint: the chosen theme, and word that scripts run at all.
// A file and not inline, as the Content-Security-Policy wants.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // No storage, as in a private window: the system's theme it is.
  }
})();
