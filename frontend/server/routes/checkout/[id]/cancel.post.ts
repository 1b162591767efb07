import { checkoutPage } from "../../../utils/checkout";
import { formHandler } from "../../../utils/form";

export default formHandler(
  async ({ param, shop }) => {
    await shop("orders.cancel", { id: param("id") });
    return checkoutPage(param("id"));
  },
  ({ param }) => checkoutPage(param("id")),
);
