/** What only this browser knows is asked for once the page is hydrated: who is signed in, and what they hold. */
export default defineNuxtPlugin(() => {
  const { ready } = useSession();
  const { load } = useHolds();
  onNuxtReady(() => {
    load();
    // Another tab bought or cancelled.
    addEventListener("storage", load);
    void ready();
  });
});
