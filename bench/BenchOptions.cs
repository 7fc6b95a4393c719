namespace Stackflare.Bench;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchOptions
{
    internal const string Usage = """
        dotnet run -c Release --project bench [-- options]
          --quick         few rounds: shows that everything works, not how fast it is; does not write the page
          --shape 100x50  only this number of threads and frames (may be given again); does not write the page
          --tools         only the command-line tool and its peers; does not write the page
          --async         only async methods; does not write the page
          --shop          only a web service that hangs; does not write the page
          --memory        only core files, and processes that are read from outside; does not write the page
          --runtimes      only .NET 11 against .NET 10; does not write the page
          --no-write      do not write docs/benchmarks.md
        """;

    internal IReadOnlyList<Shape> Shapes { get; init; } = Shape.All;

    internal bool Quick { get; init; }

    /// <summary>The parts that are measured.</summary>
    internal BenchParts Parts { get; init; } = BenchParts.All;

    /// <summary>Whether docs/benchmarks.md is written: a part of the figures never replaces all of them.</summary>
    internal bool Write { get; init; } = true;

    /// <summary>Dumps of each kind and shape that are measured.</summary>
    internal int Rounds => Quick ? 5 : 30;

    /// <summary>Dumps before those: the JIT compiles a hot method again after 30 calls and a pause.</summary>
    internal int WarmUpRounds => Quick ? 2 : 8;

    /// <summary>Fresh processes of each kind for the first dump.</summary>
    internal int FirstDumps => Quick ? 2 : 10;

    /// <summary>Pairs of programs, with and without the trap, for the cost of an idle one.</summary>
    internal int IdlePairs => Quick ? 2 : 7;

    internal TimeSpan IdleSettle => TimeSpan.FromSeconds(Quick ? 1 : 8);

    internal TimeSpan IdleWindow => TimeSpan.FromSeconds(Quick ? 2 : 10);

    /// <summary>The shapes at which the tools are measured: some of them take seconds for the largest.</summary>
    internal IEnumerable<Shape> ToolShapes => Quick ? Shapes.Where(shape => shape != Shape.Large) : Shapes;

    /// <summary>Fresh programs for each tool.</summary>
    internal int FreshToolRounds => Quick ? 1 : 7;

    /// <summary>Runs of each tool on programs that it knows.</summary>
    internal int ToolRounds(Shape shape) => Quick ? 2 : shape == Shape.Large ? 7 : 15;

    /// <summary>Runs of each tool on a program that watches how long it stands still.</summary>
    internal int ToolPauseRounds(Shape shape) => Quick ? 1 : shape == Shape.Large ? 5 : 9;

    /// <summary>Dumps of the shop.</summary>
    internal int ShopDumps => Quick ? 5 : 50;

    /// <summary>Recordings by each tool.</summary>
    internal int RecordRounds => Quick ? 1 : 3;

    /// <summary>How long each of them is.</summary>
    internal int RecordSeconds => Quick ? 2 : 10;

    /// <summary>Reads of a core by each tool.</summary>
    internal int CoreRounds => Quick ? 1 : 5;

    /// <summary>Objects in the core's heap, of about 50 bytes each.</summary>
    internal int CoreObjects => Quick ? 500_000 : 40_000_000;

    /// <summary>Looks through a heap of each kind.</summary>
    internal int HeapRounds => Quick ? 3 : 21;

    /// <summary>Reads the arguments; null when they make no sense.</summary>
    internal static BenchOptions? Parse(string[] args)
    {
        BenchOptions options = new();
        List<Shape> shapes = [];
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    options = options with { Quick = true, Write = false };
                    break;
                case "--tools":
                    options = options with { Parts = BenchParts.Tools, Write = false };
                    break;
                case "--async":
                    options = options with { Parts = BenchParts.Async, Write = false };
                    break;
                case "--memory":
                    options = options with { Parts = BenchParts.Memory, Write = false };
                    break;
                case "--shop":
                    options = options with { Parts = BenchParts.Shop, Write = false };
                    break;
                case "--runtimes":
                    options = options with { Parts = BenchParts.Runtimes, Write = false };
                    break;
                case "--no-write":
                    options = options with { Write = false };
                    break;
                case "--shape" when i + 1 < args.Length && Shape.Parse(args[i + 1]) is { } shape:
                    shapes.Add(shape);
                    i++;
                    break;
                default:
                    return null;
            }
        }

        return shapes.Count == 0 ? options : options with { Shapes = shapes, Write = false };
    }
}
