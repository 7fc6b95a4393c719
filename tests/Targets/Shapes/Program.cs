using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

internal static class Program
{
    private static int Main(string[] args)
    {
        using var host = new Host(Options.Parse(args));
        using var traps = new Traps(host);
        try
        {
            traps.Set();
        }
        catch (StackflareException e)
        {
            host.Say("REFUSED " + TruthJson.Write(json =>
            {
                json.WriteString("error", e.Error.ToString());
                json.WriteString("problem", e.Problem);
                json.WriteString("remedy", e.Remedy);
                json.WriteString("message", e.Message);
            }));
            return 3;
        }

        host.Run(ShapeCatalog.Create(host.Options.Shape));
        return 0;
    }
}
