namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Generic methods and types, whose state machines are generic as well.</summary>
internal sealed class Generics<TItem>
{
    private readonly TItem _item;

    private Generics(TItem item) => _item = item;

    public static void Begin(AsyncCases cases)
    {
        cases.Begin("generic method, of a class", track => Generics<int>.Give("text", track));
        cases.Begin("generic method, of a struct", track => Generics<int>.Give(42, track));
        cases.Begin("generic type, of a class", track => new Generics<string>("text").WaitAsync(track));
        cases.Begin("generic type, of a struct", track => new Generics<DateTime>(default).WaitAsync(track));
        cases.Begin("nested generic type", track => new Generics<long>.Nested<string>().WaitAsync("text", track));
        cases.Begin("generic lambda", track => new Generics<Guid>(default).OverLambda(track));
        cases.Begin("generic value task", track => new Generics<KeyValuePair<string, int>>(default).ValueAsync(track).AsTask());
    }

    private static async Task<T> Give<T>(T value, AsyncTrack track)
    {
        await track.Here<Generics<TItem>>().Never();
        return value;
    }

    private async Task<TItem> WaitAsync(AsyncTrack track)
    {
        await Give(_item, track.Here<Generics<TItem>>());
        return _item;
    }

    private async ValueTask<TItem> ValueAsync(AsyncTrack track)
    {
        await WaitAsync(track.Here<Generics<TItem>>());
        return _item;
    }

    private async Task OverLambda(AsyncTrack track)
    {
        var lambda = async () =>
        {
            await track.Here<Generics<TItem>>("OverLambda.lambda").Never();
            return _item;
        };
        track.Next<Generics<TItem>>();
        await lambda();
        GC.KeepAlive(lambda);
    }

    private sealed class Nested<TOther>
    {
        public async Task<(TItem?, T)> WaitAsync<T>(T value, AsyncTrack track)
        {
            var other = await InnerAsync(value, track.Here<Nested<TOther>>());
            return (default, other.Item2);
        }

        private static async ValueTask<(TOther?, T)> InnerAsync<T>(T value, AsyncTrack track)
        {
            await track.Here<Nested<TOther>>().Never();
            return (default, value);
        }
    }
}
