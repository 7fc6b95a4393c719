using Stackflare.Targets.Common;
using Stackflare.Targets.Shapes;

using var host = new Host(Options.Parse(args));
host.Run(new NamedThreads());
