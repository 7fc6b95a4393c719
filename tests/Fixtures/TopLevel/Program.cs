using System.Runtime.CompilerServices;
using Stackflare.Fixtures.Shapes;

await Task.CompletedTask;
string shape = args[0];
switch (shape)
{
    case "main":
        Here.Stand();
        break;
    case "lambda":
        Action<int> run = n => Here.Stand();
        run(1);
        break;
    case "local":
        Inside(shape);
        break;
    default:
        await InsideAsync(1);
        break;
}

[MethodImpl(MethodImplOptions.NoInlining)]
static void Inside(string text) => Here.Stand();

static async Task InsideAsync(int n)
{
    Here.Stand();
    await Task.CompletedTask;
}
