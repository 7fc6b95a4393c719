using System.Text;

namespace Stackflare.Bench.Reporting;

/// <summary>A table that is as readable in a terminal as in Markdown. Columns of figures are aligned to the right.</summary>
internal sealed class Table(params string[] head)
{
    private readonly List<string[]> _rows = [];

    internal void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        int[] widths = [.. head.Select((cell, column) => _rows.Select(row => row[column].Length).Append(cell.Length).Append(3).Max())];
        bool[] figures = [.. head.Select((_, column) => column > 0 && _rows.TrueForAll(row => IsFigure(row[column])))];
        StringBuilder text = new();
        Append(text, head, widths, figures);
        Append(text, [.. widths.Select((width, column) => figures[column] ? new string('-', width - 1) + ":" : new string('-', width))], widths, figures);
        foreach (string[] row in _rows)
            Append(text, row, widths, figures);
        return text.ToString();
    }

    private static bool IsFigure(string cell) => cell.Length > 0 && (char.IsAsciiDigit(cell[0]) || cell[0] is '-' or '–' or '≤');

    private static void Append(StringBuilder text, string[] cells, int[] widths, bool[] figures)
    {
        text.Append('|');
        for (int i = 0; i < cells.Length; i++)
            text.Append(' ').Append(figures[i] ? cells[i].PadLeft(widths[i]) : cells[i].PadRight(widths[i])).Append(" |");
        text.AppendLine();
    }
}
