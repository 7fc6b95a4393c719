using Microsoft.EntityFrameworkCore;

namespace Shop;

/// <summary>An article that can be ordered.</summary>
internal sealed class Article
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public int Stock { get; set; }
}

/// <summary>An order for one article.</summary>
internal sealed class Order
{
    public int Id { get; set; }

    public int ArticleId { get; set; }

    public Article? Article { get; set; }

    public decimal Price { get; set; }
}

/// <summary>The shop's database.</summary>
internal sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    private const int Articles = 100;

    public DbSet<Article> Catalogue => Set<Article>();

    public DbSet<Order> Orders => Set<Order>();

    /// <summary>Makes a new database with its articles.</summary>
    public void Create()
    {
        Database.EnsureDeleted();
        Database.EnsureCreated();
        Catalogue.AddRange(Enumerable.Range(1, Articles).Select(i => new Article { Id = i, Name = $"article {i}", Stock = 1000 }));
        SaveChanges();
    }
}
