namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Lambdas and local functions, and methods that return nothing.</summary>
internal sealed class Functions
{
    private readonly int _own = 1;

    public static void Begin(AsyncCases cases)
    {
        cases.Begin("lambda", OverLambda);
        cases.Begin("static lambda", OverStaticLambda);
        cases.Begin("lambda in lambda", OverNestedLambda);
        cases.Begin("capturing local function", OverCapturing);
        cases.Begin("static local function", OverStatic);
        cases.Begin("generic local function", OverGenericLocal);
        cases.Begin("instance method", track => new Functions().Instance(track));
        cases.Begin("anonymous method", OverAnonymous);
        cases.Begin("interface method", track => ((ICaller)new Caller()).CallAsync(track));
        cases.Begin("struct method", track => new Point().WaitAsync(track));
        Void(cases.Add(new AsyncTrack("void")));
        VoidOverTask(cases.Add(new AsyncTrack("void over a task")));
    }

    private static async Task OverLambda(AsyncTrack track)
    {
        var lambda = async () =>
        {
            await Task.CompletedTask;
            await track.Here<Functions>("OverLambda.lambda").Never();
        };
        track.Next<Functions>();
        await lambda();
        GC.KeepAlive(lambda);
    }

    private static async Task OverStaticLambda(AsyncTrack track)
    {
        var lambda = static async (AsyncTrack inner) => await inner.Here<Functions>("OverStaticLambda.lambda").Never();
        await lambda(track.Here<Functions>());
        GC.KeepAlive(lambda);
    }

    private static async Task OverNestedLambda(AsyncTrack track)
    {
        var outer = async (int number) =>
        {
            var inner = async () => await track.Here<Functions>("OverNestedLambda.lambda").Never() + number;
            track.Next<Functions>("OverNestedLambda.lambda");
            await inner();
            GC.KeepAlive(inner);
        };
        track.Next<Functions>();
        await outer(1);
        GC.KeepAlive(outer);
    }

    private static async Task OverCapturing(AsyncTrack track)
    {
        track.Next<Functions>();
        await Local(1);

        async Task Local(int more)
        {
            if (more > 0)
            {
                track.Next<Functions>("OverCapturing.Local");
                await Local(more - 1);
            }

            await track.Here<Functions>("OverCapturing.Local").Never();
        }
    }

    private static async Task OverStatic(AsyncTrack track)
    {
        await Local(track.Here<Functions>());

        static async ValueTask Local(AsyncTrack inner) => await inner.Here<Functions>("OverStatic.Local").Never();
    }

    private static async Task OverGenericLocal(AsyncTrack track)
    {
        await Local("text", track.Here<Functions>());

        static async Task<T> Local<T>(T value, AsyncTrack inner)
        {
            await inner.Here<Functions>("OverGenericLocal.Local").Never();
            return value;
        }
    }

    private async Task Instance(AsyncTrack track) => await track.Here<Functions>().Never().WaitAsync(CancellationToken.None).ConfigureAwait(_own == 1);

    private static async Task OverAnonymous(AsyncTrack track)
    {
        Func<AsyncTrack, Task> anonymous = async delegate (AsyncTrack inner)
        {
            await inner.Here<Functions>("OverAnonymous.lambda").Never();
        };
        await anonymous(track.Here<Functions>());
        GC.KeepAlive(anonymous);
    }

    private static async void Void(AsyncTrack track)
    {
        await Task.CompletedTask;
        await track.Here<Functions>().Never();
    }

    private static async void VoidOverTask(AsyncTrack track) => await OverStatic(track.Here<Functions>());

    private interface ICaller
    {
        Task CallAsync(AsyncTrack track);
    }

    private sealed class Caller : ICaller
    {
        async Task ICaller.CallAsync(AsyncTrack track) => await track.Here<Caller>("ICaller.CallAsync").Never();
    }

    private readonly struct Point
    {
        public async Task WaitAsync(AsyncTrack track) => await track.Here<Point>().Never();
    }
}
