/** From the basket to the goods. */
export default {};
