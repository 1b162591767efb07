import type { Order } from "~/utils/types";

const CALM_MS = 15_000;
const EAGER_MS = 1500;

/**
 * An order as it is now: told by the live stream, and read again by a poll in case the stream is lost. `eager` asks more
 * often, for the moments in which a person waits for the answer. Await `loaded` before `order` is used.
 */
export function useOrder(id: string, eager: () => boolean = () => false) {
  const { $t, $shop, isHydrating } = useNuxtApp();
  const request = useRead(`order:${id}`, () => $shop("orders.get", { id }));
  const { data, error, refresh } = request;
  const resting = () => !data.value || isResting(data.value.status);

  watch(data, (order) => order && learnServerTime(order.now));
  useLive(() => ({ orders: resting() ? [] : [id] }), {
    order(change) {
      if (change.id === id && change.status !== data.value?.status) void refresh();
    },
  });

  let timer: ReturnType<typeof setTimeout> | undefined;
  let gone = false;
  function poll() {
    clearTimeout(timer);
    if (!gone && !resting()) timer = setTimeout(() => void refresh().finally(poll), eager() ? EAGER_MS : CALM_MS);
  }
  onMounted(() => {
    if (isHydrating && data.value) learnServerTime(data.value.now, pageArrival());
    poll();
    watch(eager, poll);
  });
  onBeforeUnmount(() => {
    gone = true;
    clearTimeout(timer);
  });

  const loaded = request.then(() => {
    if (error.value) throw pageError(error.value, $t.order.missing);
  });
  return { order: data as Ref<Order>, refresh, loaded };
}
