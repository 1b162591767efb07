/** For pages that make no sense to a guest. They are rendered in the browser, where the session can be asked for. */
export default defineNuxtRouteMiddleware(async (to) => {
  if (import.meta.server) return;
  const user = await useSession().ready();
  if (!user) return navigateTo({ path: "/login", query: { to: to.fullPath } });
});
