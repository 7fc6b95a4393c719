namespace Stackflare;

/// <summary>The process is not one of .NET.</summary>
public sealed class NotDotNetException : StackflareException
{
    internal NotDotNetException(int pid)
        : base($"Process {pid} does not run .NET.", "'stackflare ps' lists the processes that do; 'dotnet run' and 'dotnet watch' start your program as a child.")
    {
    }
}
