// One after the other: what a connector throws on a thread of its own, and how many files are open, is told by the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
