const AGAIN_S = 3;

/** Where no script listens for what comes next, the page asks for itself again. */
export function useWaitWithoutScript(): void {
  if (import.meta.server)
    useHead({ noscript: [{ innerHTML: `<meta http-equiv="refresh" content="${AGAIN_S}">`, tagPosition: "head" }] });
}
