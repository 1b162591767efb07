import type { Item } from "~/utils/types";
import type { Reply } from "~/utils/routes";

/** One's own place in the line for what is sold out: asked for in the browser alone, and again when the stock moves. */
export function useWaitlist(item: () => Item) {
  const { $shop, $t } = useNuxtApp();
  const { say } = useToasts();
  const place = ref<Reply<"waitlist.place">>();
  const busy = ref(false);

  async function look() {
    // The box says what it can without it; the next change of the stock asks again.
    place.value = await $shop("waitlist.place", { id: item().id }).catch(() => place.value);
  }
  onMounted(() => watch(() => [item().id, item().stock], look, { immediate: true }));

  async function attempt(what: () => Promise<unknown>, done?: string): Promise<void> {
    busy.value = true;
    try {
      await what();
      if (done) say(done);
    } catch (error) {
      const { type } = failureOf(error);
      const own = { IN_STOCK: $t.waitlist.inStock, LIMIT_REACHED: $t.waitlist.full }[type];
      say(own ?? failureWords(error, $t), "bad");
    } finally {
      await look();
      busy.value = false;
    }
  }

  return {
    place,
    busy,
    /** `email` is for guests. */
    join: (email?: string) => attempt(() => $shop("waitlist.join", { id: item().id, ...(email && { email }) })),
    leave: () => attempt(() => $shop("waitlist.leave", { id: item().id }), $t.waitlist.left),
  };
}
