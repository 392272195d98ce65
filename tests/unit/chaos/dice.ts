/** Small numbers to choose by. A shrunk case has zeros: the first choice is the plain one. */
export class Dice {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** 0 to `count` - 1. Where the numbers are used up, 0. */
  roll(count: number): number {
    const number = this.#numbers[this.#next] ?? 0;
    this.#next += 1;
    return count > 0 ? number % count : 0;
  }

  /** True once in `count` times, never where the numbers are used up. */
  isRare(count: number): boolean {
    return this.roll(count) === count - 1;
  }

  /** One of several; the first where the numbers are used up. */
  one<Item>(items: readonly Item[]): Item | undefined {
    return items[this.roll(items.length)];
  }

  /** One of several that are there. */
  of<Item>(first: Item, ...others: readonly Item[]): Item {
    return this.one([first, ...others]) ?? first;
  }
}
