import { ines } from "./catalogue.ines.ts";
import { jonas } from "./catalogue.jonas.ts";
import type { Listing } from "./listing.ts";

export interface Seller {
  name: string;
  email: string;
  listings: Listing[];
}

export const sellers: Seller[] = [
  { name: "Jonas Lindqvist", email: "jonas@demo.holdfast.example", listings: jonas },
  { name: "Inês Carvalho", email: "ines@demo.holdfast.example", listings: ines },
];

/** Signs in without signing up, outside production. */
export const buyer = { name: "Demo Buyer", email: "demo@holdfast.example" };
