/** Who buys: somebody who is signed in, or a guest, who says where the receipt goes. The same for all of a page. */
export function useBuyer() {
  const { user, ready } = useSession();
  const email = useState("guest-email", () => "");
  const missing = useState("guest-missing", () => false);
  watch(email, () => (missing.value = false));

  /** What an order says of its buyer: nothing for a user, the e-mail of a guest; undefined while that is to be given. */
  async function who(): Promise<{ email?: string } | undefined> {
    if (await ready()) return {};
    const given = email.value.trim();
    missing.value = !/^\S+@\S+\.\S+$/.test(given);
    return missing.value ? undefined : { email: given };
  }
  return { user, email, missing, who };
}
