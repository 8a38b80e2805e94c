import type { ProductId } from '../fleet/model';
import { banalytics } from './banalytics';
import { eocortex } from './eocortex';
import type { Product } from './product';

const products: Partial<Record<ProductId, Product>> = { banalytics, eocortex };

/** The definition of a product; undefined for one that fleet files may name and this version cannot update yet. */
export function productOf(id: ProductId): Product | undefined {
  return products[id];
}
