/** What only this browser knows is asked for once the page is hydrated: who is signed in, what they hold, what they mean to buy. */
export default defineNuxtPlugin(() => {
  const { ready } = useSession();
  const holds = useHolds();
  const basket = useBasket();
  function load() {
    holds.load();
    basket.load();
  }
  onNuxtReady(() => {
    load();
    // Another tab bought, cancelled, or filled the basket.
    addEventListener("storage", load);
    void ready();
  });
});
