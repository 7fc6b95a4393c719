using System.Globalization;
using Stackflare.BenchEventPipe;

// Prints the stack of every managed thread of a process by a short session of the runtime's sampling profiler.
// Arguments: the process, and how many milliseconds the session lasts. With "count" after them, it prints how many samples of threads it got, and their size.
int process = int.Parse(args[0], CultureInfo.InvariantCulture);
TimeSpan duration = TimeSpan.FromMilliseconds(int.Parse(args[1], CultureInfo.InvariantCulture));

using TraceFile trace = TraceFile.Record(process, duration);
using StreamWriter output = new(Console.OpenStandardOutput());
if (args is [_, _, "count"])
    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{StackPrinter.Count(trace.Path)} samples, {new FileInfo(trace.Path).Length} bytes"));
else
    StackPrinter.Print(trace.Path, output);
