/** Light or dark: set before the first paint by the page's own script, kept by this browser. */
export function flipTheme(): void {
  const { dataset } = document.documentElement;
  dataset.theme = dataset.theme === "dark" ? "light" : "dark";
  try {
    localStorage.theme = dataset.theme;
  } catch {
    // A browser that keeps nothing keeps the theme for this visit.
  }
}
