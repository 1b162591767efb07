import { formHandler } from "../utils/form";

export default formHandler(
  async ({ field, shop }) => {
    await shop("orders.find", { email: field("email").trim() });
    return "/find?sent=1";
  },
  () => "/find",
);
