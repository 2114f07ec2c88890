using BuildFarm.Scheduling.Queues;
using Xunit;

namespace BuildFarm.Scheduling.Tests;

public sealed class IndexedHeapTests
{
    [Fact]
    public void Heap_RandomUse_AgreesWithASortedSet()
    {
        var random = new Random(20261121);
        var heap = new IndexedHeap<Item>();
        var model = new SortedSet<Item>(Comparer<Item>.Create((a, b) => (a.Key, a.Order).CompareTo((b.Key, b.Order))));
        for (var step = 0; step < 20_000; step++)
        {
            switch (random.Next(4))
            {
                case 0 or 1:
                    var added = new Item { Key = random.Next(100), Order = step };
                    heap.Add(added);
                    model.Add(added);
                    break;
                case 2 when heap.Count > 0:
                    var removed = heap.Items[random.Next(heap.Count)];
                    heap.Remove(removed);
                    model.Remove(removed);
                    Assert.Equal(-1, removed.HeapIndex);
                    break;
                case 3 when heap.Count > 0:
                    var moved = heap.Items[random.Next(heap.Count)];
                    model.Remove(moved);
                    moved.Key = random.Next(100);
                    model.Add(moved);
                    heap.Moved(moved);
                    break;
            }

            Assert.Equal(model.Count, heap.Count);
            Assert.Same(model.Min, heap.Head);
        }

        while (heap.Head is { } head)
        {
            Assert.Same(model.Min, head);
            heap.Remove(head);
            model.Remove(head);
        }

        Assert.Empty(model);
    }

    [Fact]
    public void Remove_ItemOfAnotherHeap_Throws()
    {
        var heap = new IndexedHeap<Item>();
        heap.Add(new Item());
        var stranger = new Item();
        new IndexedHeap<Item>().Add(stranger);

        Assert.Throws<InvalidOperationException>(() => heap.Remove(stranger));
    }

    private sealed class Item : IHeapItem<Item>
    {
        public int Key { get; set; }

        public int Order { get; init; }

        public int HeapIndex { get; set; } = -1;

        public long HeapKey => Key / 10;

        public bool GoesBefore(Item other) => (Key, Order).CompareTo((other.Key, other.Order)) < 0;
    }
}
