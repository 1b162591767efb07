/** Has this browser lost its network? Always false until it has taken over from the server. */
export function useOffline() {
  const offline = ref(false);
  const look = () => {
    offline.value = !navigator.onLine;
  };
  onMounted(() => {
    look();
    addEventListener("online", look);
    addEventListener("offline", look);
  });
  onBeforeUnmount(() => {
    removeEventListener("online", look);
    removeEventListener("offline", look);
  });
  return offline;
}
