// Counts work that is asked for and not yet done, so that "is anything going on?" has an exact answer.
// A token is taken where work is requested and travels with it; its end is the end of the work. Any thread.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

namespace mp::ml {

class Activity {
 public:
  enum class Kind { work, training };

  /// Must not outlive its Activity. Release it after the results are posted and after follow-up work has its own token.
  class Token {
   public:
    Token() = default;
    Token(Token&& o) noexcept : owner_(std::exchange(o.owner_, nullptr)), kind_(o.kind_) {}
    Token& operator=(Token&& o) noexcept {
      if (this != &o) {
        release();
        owner_ = std::exchange(o.owner_, nullptr);
        kind_ = o.kind_;
      }
      return *this;
    }
    ~Token() { release(); }
    void release() {
      if (auto* owner = std::exchange(owner_, nullptr)) owner->end(kind_);
    }
    explicit operator bool() const { return owner_ != nullptr; }

   private:
    friend class Activity;
    Token(Activity* owner, Kind kind) : owner_(owner), kind_(kind) {}
    Activity* owner_ = nullptr;
    Kind kind_ = Kind::work;
  };

  /// on_idle: called from the thread that ends the last piece of a kind.
  explicit Activity(std::function<void()> on_idle = {}) : on_idle_(std::move(on_idle)) {}
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;

  [[nodiscard]] Token begin(Kind kind = Kind::work) {
    count_.fetch_add(unit(kind));
    return Token(this, kind);
  }
  bool training() const { return (count_.load() & ~kWorkMask) != 0; }
  bool busy(bool training_counts) const {
    const auto c = count_.load();
    return training_counts ? c != 0 : (c & kWorkMask) != 0;
  }

 private:
  // Both counters in one word: work handed from one kind to the other is never seen as none.
  static constexpr std::uint64_t kWorkMask = 0xffff'ffff;
  static constexpr std::uint64_t unit(Kind kind) { return kind == Kind::work ? 1 : kWorkMask + 1; }
  void end(Kind kind) {
    const auto mask = kind == Kind::work ? kWorkMask : ~kWorkMask;
    const auto after = count_.fetch_sub(unit(kind)) - unit(kind);
    if ((after & mask) == 0 && on_idle_) on_idle_();
  }

  std::atomic<std::uint64_t> count_{0};
  std::function<void()> on_idle_;
};

}  // namespace mp::ml
