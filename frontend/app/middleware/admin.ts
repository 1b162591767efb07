/** The operators' pages are nobody else's business: to all others they are not there. */
export default defineNuxtRouteMiddleware(async (to) => {
  const user = await useSession().ready();
  if (!user) return navigateTo({ path: "/login", query: { to: to.fullPath } });
  if (!user.roles.includes("admin")) return abortNavigation(notFound(useNuxtApp().$t.errors.lostPage));
});
