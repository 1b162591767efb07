import { formHandler } from "../../utils/form";

export default formHandler(
  async ({ field, shop }) => {
    await shop("auth.reset", { email: field("email").trim() });
    return "/reset?sent=1";
  },
  () => "/reset",
);
