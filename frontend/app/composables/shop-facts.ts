/** What the gateway says of the shop as a whole: whether cards are real, and who runs it ("" where nobody said). */
export function useShopFacts() {
  return useState("facts", () => {
    const said = import.meta.server ? useRequestHeaders(["x-test-mode", "x-operator"]) : {};
    return { testMode: said["x-test-mode"] === "1", operator: said["x-operator"] ?? "" };
  });
}
