import type { MultiWatchSources } from "#app/composables/asyncData";

/**
 * What a page shows, read on the server and again when `watch` says so. Nuxt empties data whose refresh failed; here a
 * page keeps what it has, unless the reason is that nobody is signed in any more. Await it before `data` is used.
 */
export function useRead<T>(
  key: string,
  read: () => Promise<T>,
  options: { deep?: boolean; watch?: MultiWatchSources } = {},
) {
  const { data: kept } = useNuxtData<T>(key);
  const { $t } = useNuxtApp();
  const { say } = useToasts();

  async function readOrKeep(): Promise<T> {
    try {
      return await read();
    } catch (error) {
      const last = toRaw(kept.value) as T | null | undefined;
      if (last === null || last === undefined || failureOf(error).status === 401) throw error;
      // Somebody asked for something else and sees the same: that wants a word. A poll can stay silent.
      if (options.watch) say(failureWords(error, $t), "bad");
      return last;
    }
  }
  return useAsyncData<T>(key, readOrKeep, options);
}
