/** Jest's order of test files: as PARLEY_MUTATION_ORDER lists them, so that the cheapest get the first chance. */
export default class GivenOrder {
  sort(tests) {
    const order = JSON.parse(process.env.PARLEY_MUTATION_ORDER ?? '[]');
    return [...tests].sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path));
  }

  shard(tests) {
    return tests;
  }

  allFailedTests() {
    return [];
  }

  cacheResults() {}
}
